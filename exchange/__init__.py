"""Files in and out: what record systems, processors and banks hand over, and what a practice hands on. No web here."""
