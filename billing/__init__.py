"""The rules of money. Plain functions on rows and cents; they return rows or raise a sentence a person can read."""
