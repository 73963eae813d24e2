"""How Casewright answers: models, prompt, engine, citations, memorandum, audit."""
