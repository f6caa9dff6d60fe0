"""The issuer: approved definitions and reported completions in, signed credentials out."""
