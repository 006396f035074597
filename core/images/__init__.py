"""Find images and read one of any format."""
