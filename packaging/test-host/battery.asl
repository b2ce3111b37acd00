/*
 * What the firmware of a laptop tells of its battery: that it is used, at 15 %, and that the charger
 * is unplugged. The kernel's own drivers read it. As in a real one, no two looks find the same
 * current; the charge stays.
 */
DefinitionBlock ("", "SSDT", 2, "GUEST", "BATTERY", 1)
{
    Scope (\_SB)
    {
        Device (ADP1)
        {
            Name (_HID, "ACPI0003")
            Name (_PCL, Package () { \_SB })
            Method (_PSR) { Return (Zero) }
        }

        Device (BAT0)
        {
            Name (_HID, EisaId ("PNP0C0A"))
            Name (_UID, Zero)
            Name (_PCL, Package () { \_SB })
            Method (_STA) { Return (0x1F) }

            // In mWh and mV: as designed, when full; when it is low, and critically so.
            Method (_BIF)
            {
                Return (Package ()
                {
                    Zero, 50000, 50000, One, 11400, 5000, 2500, One, One, "guest", "1", "LION", "guest"
                })
            }

            // It is discharged by 8 W, or a little more, and has 7.5 Wh left.
            Name (LOOK, Zero)
            Method (_BST, 0, Serialized)
            {
                LOOK = (LOOK + One) % 7
                Local0 = Package () { One, Zero, 7500, 11400 }
                Local0 [One] = 8000 + LOOK * 100
                Return (Local0)
            }
        }
    }
}
