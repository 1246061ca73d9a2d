"""Ozon: products of the Seller API with their prices, and stocks by the kind of delivery."""
