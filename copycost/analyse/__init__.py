"""What the rounds mean: estimates, their intervals and the doubts about them."""
