"""Pick formats, by name: one file here and one line in this table for each."""

from __future__ import annotations

from cryoal.registry import Table

__all__ = ["FORMATS", "PICKS", "WRITERS"]

HERE = "cryoal.io.picks"

FORMATS: dict[str, tuple[str, str | None]] = {
    "relion5": ("relion5:Relion5", "write_relion:write_relion5"),
    "relion4": ("relion4:Relion4", "write_relion:write_relion4"),
    "relion3": ("relion3:Relion3", None),
    "warp": ("warp:Warp", "write_warp:write_warp"),
    "pytom_star": ("pytom_star:PytomStar", None),
    "stopgap": ("stopgap:Stopgap", "stopgap:write_stopgap"),
    "copick": ("copick:Copick", "copick_write:write_copick"),
    "copick_csv": ("copick_csv:CopickCsv", "copick_csv:write_copick_csv"),
    "czii": ("czii:Czii", "czii:write_czii"),
    "portal": ("portal:Portal", "portal:write_portal"),
    "eman2": ("eman2:Eman2", "eman2:write_eman2"),
    "deepfinder": ("deepfinder:DeepFinder", "deepfinder:write_deepfinder"),
    "pytom": ("pytom_xml:PytomXml", "pytom_xml:write_pytom"),
    "topaz": ("topaz:Topaz", "topaz:write_topaz"),
    "napari": ("napari_points:NapariPoints", "napari_points:write_napari"),
    "acryo": ("acryo:Acryo", "acryo:write_acryo"),
    "csv": ("csv_picks:CsvPicks", "write_csv:write_csv"),
    "dynamo": ("dynamo:Dynamo", "dynamo:write_dynamo"),
    "motl": ("motl:Motl", "motl:write_motl"),
    "imod": ("imod:Imod", "imod:write_imod"),
    "tomotwin": ("text:TomoTwin", "text:write_tomotwin"),
    "deepetpicker": ("text:DeepEtPicker", "text:write_deepetpicker"),
    "text": ("text:Text", "text:write_text_list"),
    "cbox": ("cbox:Cbox", None),
    "pickle": ("pickled:Pickle", None),
}
"""The class that reads each, and the function that writes it where we do."""

PICKS = Table(
    "pick format",
    {name: f"{HERE}.{reader}" for name, (reader, _) in FORMATS.items()},
    "cryoal.picks",
)

WRITERS = Table(
    "export format",
    {name: f"{HERE}.{writer}" for name, (_, writer) in FORMATS.items() if writer},
    "cryoal.exports",
)
