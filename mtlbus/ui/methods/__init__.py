"""The Methods page: the tables of all methods and the card of one."""
