"""How the model writes: examples, the QLoRA recipe, export. The only home of torch."""
