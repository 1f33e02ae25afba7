"""How far notebooks are from production, item by item."""
