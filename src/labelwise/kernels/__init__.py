"""The hot loops: numpy in cache-sized blocks with reused buffers and two threads."""

from labelwise.kernels.bins import ClassBins
from labelwise.kernels.columns import ColumnStatistics, column_statistics, sweep
from labelwise.kernels.rows import RowStatistics, row_statistics
from labelwise.kernels.temperature import TemperatureFit, fit_temperature

__all__ = [
    "ClassBins",
    "ColumnStatistics",
    "RowStatistics",
    "TemperatureFit",
    "column_statistics",
    "fit_temperature",
    "row_statistics",
    "sweep",
]
