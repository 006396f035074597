"""Labels propagated over graphs of like images: the recipe behind the strategy `auto`."""
