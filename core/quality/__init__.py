"""How good labels are."""
