"""The sample memoranda that ship with Casewright, and the script that varies them."""
