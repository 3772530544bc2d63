#!/usr/bin/env bash
# RELION 3.1.3 (Debian 12), relion_star_handler --remove_duplicates DISTANCE on particles of two optics groups
#
# What it does: the distance in angstrom becomes one number of pixels, by the pixel size of the first row of data_optics, and so do the
# origin shifts. Particles of the other groups are compared in pixels that are not theirs: of data of 10 A and of 2 A per pixel those that
# lie 80 A apart stay when 100 is asked and the group of 10 A is listed first, and those 150 A apart go when that of 2 A is. It prints the
# one pixel size that it assumes, and ends with "Done!" and exit code 0.
#
# What a good guess would be: each particle has its optics group, and each optics group its pixel; 100 is 100 angstrom.
#
# Seen: two particles 150 A apart (15 pixels of 10 A), two others 80 A apart (40 pixels of 2 A), --remove_duplicates 100
#   the group of 10 A first: 4 of 4 stay (right: 3); that of 2 A first: 2 of 4 stay (right: 3)
set -euo pipefail
if ! command -v relion_star_handler > /dev/null; then
  apt-get install -y -q --no-install-recommends relion > /dev/null ||
    { echo "expected Debian's package relion, could not install it" >&2; exit 2; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

write() { # FILE PIXEL_OF_GROUP_1 PIXEL_OF_GROUP_2 GROUP_OF_10_A GROUP_OF_2_A
  cat > "$1" <<STAR

data_optics

loop_
_rlnOpticsGroup #1
_rlnOpticsGroupName #2
_rlnImagePixelSize #3
_rlnVoltage #4
_rlnSphericalAberration #5
1 first $2 300 2.7
2 second $3 300 2.7

data_particles

loop_
_rlnMicrographName #1
_rlnCoordinateX #2
_rlnCoordinateY #3
_rlnCoordinateZ #4
_rlnOriginXAngst #5
_rlnOriginYAngst #6
_rlnOriginZAngst #7
_rlnImageName #8
_rlnOpticsGroup #9
coarse.mrc 100 100 20 0 0 0 a/1.mrc $4
coarse.mrc 115 100 20 0 0 0 a/2.mrc $4
fine.mrc 100 100 20 0 0 0 a/3.mrc $5
fine.mrc 140 100 20 0 0 0 a/4.mrc $5

STAR
}
left() { # FILE: how many of each stay
  relion_star_handler --i "$1" --o out.star --remove_duplicates 100 > said.txt 2>&1
  grep -q "Done!" said.txt
  echo "$(grep -c coarse.mrc out.star) $(grep -c fine.mrc out.star)"
}
write coarse_first.star 10.0 2.0 1 2
write fine_first.star 2.0 10.0 2 1
first=$(left coarse_first.star)
grep -q "pixel size of original micrographs before extraction is 10" said.txt
second=$(left fine_first.star)
echo "150 A apart, 80 A apart; 100 A asked: 10 A first: $first stay; 2 A first: $second stay; right: 2 1"
[ "$first" = "2 2" ] && [ "$second" = "1 1" ]
