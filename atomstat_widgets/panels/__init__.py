"""One module a panel: model, controls and views, wired; and the app that holds them."""
