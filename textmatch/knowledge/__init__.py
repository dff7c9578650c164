"""What is known of a text apart from its characters: quantities, terms with a known relation, sounds."""
