"""The report: one self-contained page that shows a whole campaign, and its figures as files."""

from cryoal.campaign.report.figure_files import write_figures
from cryoal.campaign.report.page import write_report

__all__ = ["write_figures", "write_report"]
