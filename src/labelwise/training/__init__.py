"""Training: data + head -> logits. Splits, backbones, optimisers and the loop over stacked trials (torch)."""
