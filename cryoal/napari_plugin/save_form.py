"""The dialog that asks in which format points are saved, and where."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from cryoal.io.picks import PICKS
from cryoal.io.picks.write import WRITERS, ending_of, makes_folder

__all__ = ["FormatChoice", "SaveForm", "named_for"]

FIRST = "relion5"


class FormatChoice(QComboBox):
    """Every pick format that is written, with what it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Format")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(14)
        for name in WRITERS.names():
            self.addItem(f"{name}: {_what(name)}", name)
        self.setCurrentIndex(self.findData(FIRST))

    @property
    def name(self) -> str:
        """The format that is chosen, as ``cryoal export --to`` takes it."""
        return str(self.currentData())


class SaveForm(QDialog):
    """Format and path; some formats are a folder of files, which is named like a file here."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.format = FormatChoice()
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.path.setMinimumWidth(320)
        self.what = QLabel()
        browse = QPushButton("Browse...")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.save = buttons.button(QDialogButtonBox.StandardButton.Save)
        row = QHBoxLayout()
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        layout = QFormLayout(self)
        layout.addRow("Format", self.format)
        layout.addRow(self.what)
        layout.addRow("Save as", row)
        layout.addRow(buttons)
        self.format.currentIndexChanged.connect(lambda _: self._tell())
        browse.clicked.connect(self._browse)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        self._tell()

    def chosen(self) -> tuple[str, Path]:
        """Format and path."""
        return self.format.name, named_for(self.format.name, self.path.text().strip())

    def _tell(self) -> None:
        is_folder = makes_folder(self.format.name)
        self.what.setText("a new folder of files" if is_folder else "one file")

    def _browse(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Save as",
            self.path.text() or f"picks{ending_of(self.format.name)}",
            options=QFileDialog.Option.DontConfirmOverwrite,  # cryoal asks by its own rules
        )
        if name:
            self.path.setText(name)

    def _accept(self) -> None:
        if self.path.text().strip():
            self.accept()
        else:
            self.what.setText("expected a name to save as, found none")


def named_for(to: str, text: str) -> Path:
    """The path that was typed, with the ending of the format where it has none.

    Examples
    --------
    >>> str(named_for("relion5", "walls")), str(named_for("csv", "walls.txt"))
    ('walls.star', 'walls.txt')
    >>> str(named_for("pytom", "walls")), str(named_for("dynamo", "."))
    ('walls.xml', '.')
    """
    path = Path(text).expanduser()
    return path if path.suffix or not path.name else path.with_name(path.name + ending_of(to))


def _what(name: str) -> str:
    line = (PICKS.load(name).__doc__ or "").strip().partition("\n")[0]
    return line.replace("``", "").rstrip(".")
