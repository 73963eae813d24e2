"""What we compare ingest with: LangChain's usual pipeline over PDF files, as its guides put it.

    python tests/benchmarks/langchain_pipeline.py MODEL_FOLDER INDEX_FOLDER SIZE OVERLAP FILE...

Prints pages, chunks and seconds as JSON. Imports and the loading of the model are not counted.
"""

import json
import sys
import time

from langchain_community.document_loaders import PyPDFLoader
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_qdrant import QdrantVectorStore
from langchain_text_splitters import RecursiveCharacterTextSplitter

model, index, size, overlap, *files = sys.argv[1:]
splitter = RecursiveCharacterTextSplitter(chunk_size=int(size), chunk_overlap=int(overlap))
embeddings = HuggingFaceEmbeddings(model_name=model)
embeddings.embed_query("The model is loaded.")
started = time.perf_counter()
pages = [page for file in files for page in PyPDFLoader(file).load()]
chunks = splitter.split_documents(pages)
QdrantVectorStore.from_documents(chunks, embeddings, path=index, collection_name="bench")
seconds = time.perf_counter() - started
print(json.dumps({"pages": len(pages), "passages": len(chunks), "seconds": seconds}))
