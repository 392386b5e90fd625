"""Beat the network: blind cases for one reader or a class, then truth, networks and scores."""
