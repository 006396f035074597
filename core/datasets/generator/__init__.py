"""A small generative model of six kinds of medical image: it made the sample images in `resources/samples`.

An autoencoder and a class-conditional flow on its latents (latent diffusion: Rombach et al., CVPR 2022),
small enough for one processor core. Needed to make the samples again, never to run the application.
"""
