"""The Attention page: whose maps, which view of them, and how each kind of map is drawn."""
