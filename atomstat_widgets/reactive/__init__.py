"""Parameters to results without a screen: models, the stage cache and the runner."""
