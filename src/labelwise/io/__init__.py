"""Files and frames in, arrays out; and results written so that nothing is ever half there.

`dataset.read_dataset` reads every source of `compare`: the readers (`arrays`, `tables`, `images`) find out what a
source holds (`raw.Raw`), and `dataset` reads the task off the labels and gives a `Dataset`. `files` writes atomically.
"""
