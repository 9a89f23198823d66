"""How a message is written (Liquid in MJML and text), compiled once, and built for each person."""
