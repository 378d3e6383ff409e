"""The practice's file in safe keeping: keys changed while in use, copies made and sealed, put back and tried."""
