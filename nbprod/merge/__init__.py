"""One function for code in several places, with a call in each of them.

`unify` says what differs between the places, `ground` cuts their cells so that the liveness of
`extract` can be asked about them, `needs` asks it, `text` writes the function and proves that it is
each of the places again, `merging` puts these together. Only `delivery` writes files.
"""
