"""The paper's experiments: a preset for each data set, cells that resume, figures from rows."""
