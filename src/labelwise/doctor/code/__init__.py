"""The code analyser: an abstract interpreter over `ast` that follows values, not names. It never runs the code."""
