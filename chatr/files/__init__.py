"""Files that people send: where their bytes are kept, and who looks at them first."""
