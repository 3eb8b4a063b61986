"""Search over layouts: a sampler proposes trials, workers run them, and a killed search resumes."""
