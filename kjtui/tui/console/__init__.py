"""The console driver: any Textual app on a Linux VT, a serial line or an xterm, with few bytes.

Use it as ``App(driver_class=ConsoleDriver)`` (kjtui.tui.console.driver). One job per module: terminals
(what a TERM can do), cell (a character with its attributes), glyphs and colours (what is drawn in place of
what the terminal cannot), wanted (the screen the app asks for), paint (the difference to what is shown, in
bytes), outlet (writing them without blocking), keys (what comes in), ttymode and ttysize (the line's
settings), printk (keeping kernel messages off the screen).
"""
