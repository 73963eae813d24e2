"""The faces of Casewright: the command line and the app."""
