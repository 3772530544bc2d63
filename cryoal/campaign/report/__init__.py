"""The report: one self-contained page that shows a whole campaign."""

from cryoal.campaign.report.page import write_report

__all__ = ["write_report"]
