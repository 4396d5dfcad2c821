"""What chatr does: a folder per noun, parameter struct and async function side by side."""
