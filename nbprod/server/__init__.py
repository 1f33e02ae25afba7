"""The language server: the language server protocol over `nbprod.live`. Needs the extra `lsp`."""
