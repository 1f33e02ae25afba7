"""The disk: one reader, one writer, and the places where nbprod may write."""
