"""How output gets shorter, with the evidence kept and every omission marked."""
