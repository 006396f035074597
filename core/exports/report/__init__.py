"""A report as one HTML file: `page` writes it, `content` gathers what it shows."""
