"""Colours and type: jade on paper by day, jade on ink by night; only fonts the visitor's system has."""

import gradio as gr
from gradio.themes.utils import colors, sizes

FONTS = (
    "PingFang SC",
    "PingFang TC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "system-ui",
    "sans-serif",
)


def theme() -> gr.themes.Base:
    """Gradio's plain theme in this page's colours."""
    return gr.themes.Base(
        primary_hue=colors.teal,
        neutral_hue=colors.stone,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        font=FONTS,
        font_mono=("ui-monospace", "SFMono-Regular", "Consolas", "monospace"),
    ).set(
        body_background_fill="#faf8f3",
        body_background_fill_dark="#161615",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1f1f1d",
        block_border_width="1px",
        block_border_color="#e5e0d5",
        block_border_color_dark="#38362f",
        block_shadow="0 1px 2px rgb(60 50 30 / 5%)",
        block_shadow_dark="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_400",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_300",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1f1f1d",
        input_border_color="#8b857a",
        input_border_color_dark="#7c766b",
        input_border_color_focus="*primary_700",
        input_border_color_focus_dark="*primary_400",
        input_placeholder_color="#6f6a62",
        input_placeholder_color_dark="#9c968c",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#0b1f1c",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f1ede4",
        button_secondary_background_fill_dark="#26251f",
        button_secondary_background_fill_hover_dark="#34322b",
        button_secondary_border_color="#d6d0c2",
        button_secondary_border_color_dark="#4a473e",
        button_border_width="1px",
    )
