"""The tables and fields that queries can read, with what they mean."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.parts.explore.page import ExplorePage, plain_label


def show_catalogue(page: ExplorePage) -> None:
    """All tables with their fields in a drawer."""

    @st.dialog(page.t("fields"), width="medium", position="right", icon=":material/list_alt:")
    def drawer() -> None:
        tables = page.engine().catalog().tables
        if not tables:
            st.badge(page.t("no_fields"), icon=":material/cloud_off:", color="gray")
        for table in tables:
            st.markdown(f"**{plain_label(table.name)}**")
            st.caption(plain_label(table.description))
            shown = [item for item in table.fields if not item.hidden]
            st.dataframe(
                pd.DataFrame(
                    {
                        page.t("field"): [item.name for item in shown],
                        page.t("type"): [item.type.name for item in shown],
                        page.t("description"): [item.description for item in shown],
                    }
                ),
                hide_index=True,
                height=31 * len(shown) + 34,
                column_config={page.t("description"): st.column_config.TextColumn(width="large")},
                key=f"fields_{table.name}",
                alt=table.name,
            )

    drawer()
