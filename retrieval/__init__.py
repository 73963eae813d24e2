"""What the model knows: case files, read, split, embedded, stored and searched."""
