"""The pair learns from the labelled boxes, is kept, and looks at other boxes."""
