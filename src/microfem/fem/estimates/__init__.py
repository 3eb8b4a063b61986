"""What is wrong with a solution: recovered gradients, dual solutions, where to refine."""
