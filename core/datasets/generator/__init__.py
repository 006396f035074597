"""A small generative model of six kinds of medical image: it made the sample images in `resources/samples`.

A class-conditional flow makes images of half size as wavelet bands, an upscaler trained against a
discriminator brings them to 64x64 (a cascade: Ho et al., JMLR 2022). Small enough for one processor core.
Needed to make the samples again, never to run the application.
"""
