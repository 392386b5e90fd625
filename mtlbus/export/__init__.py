"""Views to take away: notebooks, reports, drawings, tables and arrays."""
