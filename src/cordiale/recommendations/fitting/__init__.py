"""Mathematics of recommendations: arrays in, fitted models and judgements out. No Django, no lake."""
