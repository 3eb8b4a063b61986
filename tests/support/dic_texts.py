"""Files of programs of image correlation, typed as each program documents or writes them, by hand and not by microfem.

All hold the same four points of a grid of 10 px (0.1 mm) and the displacement u = 0.5 px + 0.02 x, v = -0.01 y, with y
upwards and 0 at the first row; the last is lost where the program can tell so.
"""

from __future__ import annotations

VIC = """\
"Specimen 3, image 12"
"X [mm]","Y [mm]","Z [mm]","U [mm]","V [mm]","W [mm]","exx [1] - Lagrange",\
"eyy [1] - Lagrange","exy [1] - Lagrange","sigma [pixel]"
0.0,0.0,0.01,0.005,0.0,0.001,0.0202,-0.00995,0.0,0.011
0.1,0.0,0.01,0.007,0.0,0.001,0.0202,-0.00995,0.0,0.012
0.0,-0.1,0.01,0.005,0.001,0.001,0.0202,-0.00995,0.0,0.013
0.1,-0.1,0.01,0.0,0.0,0.0,0.0,0.0,0.0,-1.0
"""
VIC_EUROPE = VIC.replace(",", ";").replace(".", ",")
VIC_PIXELS = """\
"x [pixel]","y [pixel]","u [pixel]","v [pixel]","exx [1] - Hencky","eyy [1] - Hencky","exy [1] - Hencky","sigma [pixel]"
0,0,0.5,0,0.0198,-0.01005,0,0.01
10,0,0.7,0,0.0198,-0.01005,0,0.01
0,10,0.5,-0.1,0.0198,-0.01005,0,0.01
10,10,0,0,0,0,0,-1
"""
MATCHID_2024 = """\
Coordinates.Image X [Pixel],Coordinates.Image Y [Pixel],coor.X [mm],coor.Y [mm],coor.Z [mm],\
disp.Horizontal Displacement U [mm],disp.Vertical Displacement V [mm],disp.Out-Of-Plane: W [mm],\
strain.Strain-global frame: Exx [ ],strain.Strain-global frame: Eyy [ ],strain.Strain-global frame: Exy [ ]
100,100,0.0,0.0,5.0,0.005,0.0,0.001,0.02,-0.01,0.0
110,100,0.1,0.0,5.0,0.007,0.0,0.001,0.02,-0.01,0.0
100,110,0.0,0.1,5.0,0.005,-0.001,0.001,0.02,-0.01,0.0
110,110,0.1,0.1,5.0,NaN,NaN,NaN,NaN,NaN,NaN
"""
MATCHID_2023 = """\
x_pic,y_pic,x,y,z,u,v,w,exx,eyy,exy
100,100,0.0,0.0,5.0,0.005,0.0,0.001,0.02,-0.01,0.0
110,100,0.1,0.0,5.0,0.007,0.0,0.001,0.02,-0.01,0.0
100,110,0.0,0.1,5.0,0.005,-0.001,0.001,0.02,-0.01,0.0
110,110,0.1,0.1,5.0,,,,,,
"""
ARAMIS = """\
# Process data:
# specimen : Dummy2
####################################################################################################
# force : value_element : 14985.6119156
# ID; x_undef [mm]; y_undef [mm]; z_undef [mm]; u [mm]; v [mm]; w [mm]; epsx [%]; epsy [%];\
 epsxy [1]; epseqv [%]
 1; 0.0000000000; 0.0000000000; 0.1509636527;    0.005000000000000;    0.000000000000000;\
   -0.158300071954727;    2.000000000000000;   -1.000000000000000;   -0.000613267708104;    0.310294896364212
 2; 0.1000000000; 0.0000000000; 0.1509636527;    0.007000000000000;    0.000000000000000;\
   -0.158300071954727;    2.000000000000000;   -1.000000000000000;   -0.000613267708104;    0.310294896364212
 3; 0.0000000000; -0.1000000000; 0.1509636527;    0.005000000000000;    0.001000000000000;\
   -0.158300071954727;    2.000000000000000;   -1.000000000000000;   -0.000613267708104;    0.310294896364212
 4; 0.1000000000; -0.1000000000; 0.1509636527; nan; nan; nan; nan; nan; nan; nan
"""
DICE = """\
***
*** Digital Image Correlation Engine (DICe), (git sha1: v1.0-28-g0aaeef) Copyright 2021 NTESS
***
*** Shape functions: Translation (u,v) Normal Strain (ex,ey) Shear Strain (gamma_xy) 
*** Incremental correlation: false
*** Subset size: 27
*** Step size: x 10 y 10 (-1 implies not regular grid)
*** Strain window size in pixels: 50 (only first strain post-processor is reported)
*** Coordinates given with (0,0) as upper left corner of image, x positive right, y positive down
***
SUBSET_ID,COORDINATE_X,COORDINATE_Y,DISPLACEMENT_X,DISPLACEMENT_Y,VSG_STRAIN_XX,VSG_STRAIN_YY,VSG_STRAIN_XY,SIGMA,MATCH
0,0.0000E+00,0.0000E+00,5.0000E-01,0.0000E+00,2.0200E-02,-9.9500E-03,1.0000E-03,1.1284E-02,0.0000E+00
1,1.0000E+01,0.0000E+00,7.0000E-01,0.0000E+00,2.0200E-02,-9.9500E-03,1.0000E-03,1.1561E-02,0.0000E+00
2,0.0000E+00,1.0000E+01,5.0000E-01,-1.0000E-01,2.0200E-02,-9.9500E-03,1.0000E-03,1.0794E-02,0.0000E+00
3,1.0000E+01,1.0000E+01,0.0000E+00,0.0000E+00,0.0000E+00,0.0000E+00,0.0000E+00,-1.0000E+00,-1.0000E+00
"""
OPENCORR = """\
x,y,u,v,u0,v0,ZNCC,iteration,convergence,feature,exx,eyy,exy
0,0,0.5,0,0,0,0.99734634,4,0.00056634,0,0.02,-0.01,0.001
10,0,0.7,0,0,0,0.99724931,4,0.00042815,0,0.02,-0.01,0.001
0,10,0.5,-0.1,0,0,0.9972,4,0.0005,0,0.02,-0.01,0.001
10,10,0,0,0,0,-3,0,0,0,0,0,0
"""
PYVALE = """\
"subset_x","subset_y","disp_u","disp_v","disp_mag","converged","cost_zncc","ftol","xtol","num_iter",
0,0,0.5,0,0.5,1,0.998,1e-05,1e-05,4,
10,0,0.7,0,0.7,1,0.997,1e-05,1e-05,4,
0,10,0.5,-0.1,0.51,1,0.996,1e-05,1e-05,4,
10,10,nan,nan,nan,0,0.2,nan,nan,nan,
"""
MUDIC = """\
id,x,y,ux,uy,true_strain_xx,true_strain_yy,true_strain_xy,eng_strain_xx,eng_strain_yy,eng_strain_xy,F_xx,F_yy,F_xy
0,0.5,0.0,0.5,0.0,0.0198026,-0.0100503,0.0,0.02,-0.01,0.0,1.02,0.99,0.0
1,10.7,0.0,0.7,0.0,0.0198026,-0.0100503,0.0,0.02,-0.01,0.0,1.02,0.99,0.0
2,0.5,9.9,0.5,-0.1,0.0198026,-0.0100503,0.0,0.02,-0.01,0.0,1.02,0.99,0.0
3,10.7,9.9,0.7,-0.1,0.0198026,-0.0100503,0.0,0.02,-0.01,0.0,1.02,0.99,0.0
"""
