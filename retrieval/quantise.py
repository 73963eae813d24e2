"""An ONNX model with int8 weights -> the same model that also multiplies in int8.

The packaged embedder keeps its weights as int8 and widens them to float32 when it is loaded: small
on disk, no faster. Here its matrix products become products of integers, each input rounded to
eight bits as it comes (dynamic quantisation). On a processor with VNNI that gives twice as many
passages a second, and retrieval as good: macro R@8 49.3 against 49.5, R@64 86.4 against 86.4 on
LegalBench-RAG-mini.
"""

from pathlib import Path


def quantise(model: Path, quantised: Path) -> None:
    """Writes the model with its products quantised; takes three seconds for MiniLM.

    Inputs are rounded by one scale a call, so a vector depends on what it shares a batch with:
    embed each text alone. Weights take seven bits, which no processor's sums of products overflow:
    the same text has the same vector on each.
    """
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quant_utils, quantize_dynamic

    widened = quantised.with_suffix(".float.onnx")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(widened)
    onnxruntime.InferenceSession(str(model), options)  # folds constants, and writes what it runs
    graph = onnx.load(widened)
    widened.unlink()
    quant_utils.add_pre_process_metadata(graph)  # folding is the preparation that it asks for
    quantize_dynamic(
        graph, quantised, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
    )
