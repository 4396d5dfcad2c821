"""What chatr does: one module per noun, parameter struct and async function side by side."""
