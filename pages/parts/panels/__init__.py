"""The dashboards: their panels, as values."""
